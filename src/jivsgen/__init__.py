"""jivsgen: a compiler for load tests."""
