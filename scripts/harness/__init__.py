"""Starts and stops PixelFlow and what goes with it: for the end-to-end check, the tests in Tests/ and the benchmarks.

A script beside this folder imports it as it is; tests name scripts/ in their pytest.ini; the benchmarks put it on their path.
"""
