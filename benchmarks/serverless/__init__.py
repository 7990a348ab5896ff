"""Requests answered by instances that come and go, simulated: what it costs, and who waits."""
