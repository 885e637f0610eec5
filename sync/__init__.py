"""The rules of Sanad: pure functions over `schemas`. No clock, randomness, I/O, logging or framework."""
