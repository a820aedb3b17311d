"""Starts and stops PixelFlow and its servers, for the end-to-end check, the tests in Tests/ and the benchmarks.

Scripts next to this folder can import it directly; tests add scripts/ in their pytest.ini; the benchmarks set their path.
"""
