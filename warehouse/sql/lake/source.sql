select {columns} from edition.{schema}.{name}
