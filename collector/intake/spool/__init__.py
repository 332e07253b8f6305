"""What is kept on the collector's own disk: the durable spool, its files, repeats, rejections, room on the disk."""
