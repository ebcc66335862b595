"""Contracts: what foreign programs may rely on, generated from the code and checked in.

`events/` holds a JSON Schema per event version, `asyncapi.yaml` describes the topics,
`openapi/` the HTTP API of each service. `python -m shared.contracts.generate` writes them.
"""
