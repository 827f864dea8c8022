"""Servers made with other libraries, each as short as in the library's documentation."""
