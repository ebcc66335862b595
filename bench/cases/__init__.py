"""The cases, a module per family; `bench.registry` names them all."""
