"""Turn speech into text with libraries and servers."""
