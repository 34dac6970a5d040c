//! Real engines in network namespaces, a fake engine and a chaos proxy, for tests and the demo.
