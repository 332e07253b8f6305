"""The sub-commands of ``nuanliu``, a module per family. They parse arguments, print, and call the rooms."""
