"""What CPython's global lock does to its threads: the peer of gil_units, with the same line of figures.

    gil_python.py SECONDS SLEEPS
"""
import resource
import statistics
import sys
import threading
import time


def voluntary_switches():
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


def together(functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def computing(count, seconds):
    done = [0] * count
    begin = time.monotonic()
    end = begin + seconds

    def hog(place):
        work = 0
        while time.monotonic() < end:
            for i in range(500):
                i * i
            work += 1
        done[place] = work

    switches = voluntary_switches()
    together([lambda place=place: hog(place) for place in range(count)])
    took = time.monotonic() - begin
    return sum(done) / took, (voluntary_switches() - switches) / took


def median_late_ms(hogs, sleeps):
    late = []
    over = False

    def hog():
        while not over:
            for i in range(500):
                i * i

    def sleeper():
        nonlocal over
        for _ in range(sleeps):
            begin = time.monotonic()
            time.sleep(0.001)
            late.append((time.monotonic() - begin) * 1e3 - 1)
        over = True

    together([hog] * hogs + [sleeper])
    return statistics.median(late)


seconds, sleeps = float(sys.argv[1]), int(sys.argv[2])
one, two, four = (computing(count, seconds) for count in (1, 2, 4))
print(f"{two[0] / one[0]:.4f} {four[0] / one[0]:.4f} {two[1]:.1f} {four[1]:.1f}",
      f"{median_late_ms(1, sleeps):.4f} {median_late_ms(4, sleeps):.4f}")
