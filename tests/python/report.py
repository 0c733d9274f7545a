"""Runs a module's tests and closes with one plain line: `7 passed, 0 failed`."""

import sys
import unittest


def run():
    """Runs the tests of the main module, prints the closing line, and exits with 1 when one failed or none ran."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    broken = {str(test) for test, _ in [*result.failures, *result.errors]}
    print(f"{max(result.testsRun - len(broken), 0)} passed, {len(broken)} failed", flush=True)
    sys.exit(1 if broken or result.skipped or result.testsRun == 0 else 0)
