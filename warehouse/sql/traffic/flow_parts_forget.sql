-- takes the parts of a file out, so that it can be read another way
delete from core.flow_part where source = $source and content_hash = $content_hash;
