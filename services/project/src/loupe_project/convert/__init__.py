"""Between messages of the contract and the domain, one module for each resource."""
