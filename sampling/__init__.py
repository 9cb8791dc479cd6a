"""The draw protocol yaohao/1 as pure functions (docs/spec/yaohao-1.md)."""
