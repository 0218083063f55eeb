"""Requests and responses are held against the spec by openapi-core: the referee, an independent reading of the contract.

The only room that imports openapi_core, which costs a third of a second.
"""
