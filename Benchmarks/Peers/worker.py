"""The protocol of Worker.cs for libraries that Python reaches: what stands before torch_tests.py and onnx_tests.py."""
import os
import sys
import time

THREADS = int(os.environ.get('NT', '1'))


def serve(library, prepare, flat, finish=lambda: None):
    """Answers the lines of the input. prepare(words) yields one run of a test or None; flat(tensor) yields a tensor's numbers;
    finish() waits until what was begun is done."""
    print('ready', library, flush=True)
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == 'check':
                run = prepare(words[1:-1])
                answer = run and ' '.join(f'{x:.9g}' for tensor in several(run()) for x in outcome(flat(tensor)))
            else:
                run = prepare(words[:-1])
                answer = run and timed(run, float(words[-1]) / 1000, finish)
        except Exception as error:
            print(line.strip(), repr(error), file=sys.stderr, flush=True)
            answer = None
        print(answer or 'nan nan 0', flush=True)


def several(computed):
    return computed if isinstance(computed, (list, tuple)) else [computed]


def outcome(x):
    """See Outcome.cs."""
    n = len(x)
    return [n, x.sum(), (x * x).sum(), x[0], x[n // 3], x[n // 2], x[-1]]


def timed(run, seconds, finish):
    def once():
        run()
        finish()

    once()
    once()
    times = []
    began = time.perf_counter()
    while not times or time.perf_counter() - began < seconds or len(times) < 3:
        start = time.perf_counter()
        once()
        times.append(time.perf_counter() - start)
    times.sort()
    return f'{times[0]:.9g} {times[len(times) // 2]:.9g} {len(times)}'
