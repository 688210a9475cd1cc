"""The cluster profile on one machine: starts servers and services as processes, watches and stops them."""
