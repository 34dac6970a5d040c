//! Containers over all hosts: lists, details, actions, terminals.
