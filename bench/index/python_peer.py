"""What the programs in Python beside the benches share. They speak JSON, a line a message, with bench/index/python.ts."""
import contextlib
import json
import sys


@contextlib.contextmanager
def needed():
    """For imports: where a package is not there, says which one, and ends."""
    try:
        yield
    except ImportError as error:
        say_missing(error)
        sys.exit()


def serve(operations):
    """Answers each task with what the operation of its name makes of it, or says which package that needs."""
    for line in sys.stdin:
        task = json.loads(line)
        try:
            print(json.dumps(operations[task["op"]](task)), flush=True)
        except ImportError as error:
            say_missing(error)


def say_missing(error):
    print(json.dumps({"missing": str(error)}), flush=True)
