"""What stands on each page: material and language in, pages out."""
