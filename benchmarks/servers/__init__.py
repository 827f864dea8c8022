"""The servers of the peers that are libraries, each as short as its documentation has it."""
