"""Array in, array out: what is computed, apart from where it runs and who asked.

Every function is repeatable: the same arrays and the same seed give the same result, whatever the number of
threads. Work is cut into pieces of a fixed size whose results are put together in a fixed order, and the libraries
underneath are kept to one thread each (`loupe_reduction.adapters.worker_main` sets that up).

Letters in shapes: N vectors of D numbers, K neighbours, C coordinates (2 or 3).
"""
