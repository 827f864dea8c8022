"""Results of the tools: typed structures, and the same facts as compact text."""
