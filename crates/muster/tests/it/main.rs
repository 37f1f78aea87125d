//! The binary as people use it: whole commands on real engines, and the order of the house.

mod house;
mod machine;
mod one_machine;
mod bad_input;
