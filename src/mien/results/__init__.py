"""Turn predictions arrays, ours and old ones, into tables, pictures and files for people."""
