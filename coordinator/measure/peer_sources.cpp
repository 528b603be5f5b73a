// What CPython's threads, its multiprocessing and goroutines cost, by the same questions that
// worker/measure asks. Part of the program, so that an installed strata needs no file for it.
#include "coordinator/measure/peer_sources.h"

namespace strata {

const std::string_view kPythonPeer = R"py(
import multiprocessing, os, threading, time

now = time.perf_counter_ns

def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        for line in lines:
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0

def nothing():
    pass

def show(row, figure, samples):
    print(row, figure, *samples, flush=True)

def create(make, batch, rounds):
    samples = []
    for _ in range(rounds + 1):
        begin = now()
        units = [make(target=nothing) for _ in range(batch)]
        for unit in units:
            unit.start()
        for unit in units:
            unit.join()
        samples.append((now() - begin) / batch)
    return samples[1:]

def together(functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def turns():
    marks = []
    last = [-1]
    def run(me):
        while len(marks) < 21:
            if last[0] != me:
                last[0] = me
                marks.append(now())
    together([lambda: run(0), lambda: run(1)])
    return [b - a for a, b in zip(marks, marks[1:])]

def parked_threads(count):
    end, there = threading.Event(), threading.Semaphore(0)
    def wait():
        there.release()
        end.wait()
    before = pss("self")
    threads = [threading.Thread(target=wait) for _ in range(count)]
    for thread in threads:
        thread.start()
    for _ in threads:
        there.acquire()
    each = (pss("self") - before) / count
    end.set()
    for thread in threads:
        thread.join()
    return each

def compute(duration_ns):
    steps, beside = [0, 0], [0, 0]
    def run(me):
        os.sched_setaffinity(0, {cpus[me % len(cpus)]})  # As strata's: each has a CPU of its own.
        while now() < begin + duration_ns:
            before = steps[1 - me]
            for i in range(200):
                i * i
            beside[me] += steps[1 - me] != before
            steps[me] += 1
    cpu = time.process_time_ns()
    begin = now()
    together([lambda: run(0), lambda: run(1)])
    return (time.process_time_ns() - cpu) / (now() - begin), sum(beside) / max(1, sum(steps))

def parked_processes(context, count):
    end, there = context.Event(), context.Semaphore(0)
    def wait():
        there.release()
        end.wait()
    before = pss("self")
    processes = [context.Process(target=wait) for _ in range(count)]
    for process in processes:
        process.start()
    for _ in processes:
        there.acquire()
    after = pss("self") + sum(pss(process.pid) for process in processes)
    end.set()
    for process in processes:
        process.join()
    return (after - before) / count

show("python_thread", "create_join_ns", create(threading.Thread, 64, 10))
show("python_thread", "switch_ns", turns())
show("python_thread", "parked_bytes", [parked_threads(200) for _ in range(5)])
cpus = sorted(os.sched_getaffinity(0))
computed = [compute(60_000_000) for _ in range(5)]
show("python_thread", "cpu_per_wall", [ratio for ratio, _ in computed])
show("python_thread", "computed_beside", [share for _, share in computed])
fork = multiprocessing.get_context("fork")
show("python_process", "create_join_ns", create(fork.Process, 4, 5))
show("python_process", "parked_bytes", [parked_processes(fork, 8) for _ in range(3)])
)py";

const std::string_view kGoPeer = R"go(
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

func pss() float64 {
	text, _ := os.ReadFile("/proc/self/smaps_rollup")
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Pss:" {
			kilobytes, _ := strconv.ParseFloat(fields[1], 64)
			return kilobytes * 1024
		}
	}
	return 0
}

func show(figure string, samples []float64) {
	fmt.Print("goroutine ", figure)
	for _, sample := range samples {
		fmt.Print(" ", sample)
	}
	fmt.Println()
}

func repeat(rounds int, one func() float64) []float64 {
	one()
	samples := make([]float64, rounds)
	for i := range samples {
		samples[i] = one()
	}
	return samples
}

func create() float64 {
	const count = 10000
	begin := time.Now()
	var done sync.WaitGroup
	done.Add(count)
	for i := 0; i < count; i++ {
		go done.Done()
	}
	done.Wait()
	return float64(time.Since(begin).Nanoseconds()) / count
}

func turns() float64 {
	const each = 20000
	var done sync.WaitGroup
	done.Add(2)
	begin := time.Now()
	for w := 0; w < 2; w++ {
		go func() {
			for i := 0; i < each; i++ {
				runtime.Gosched()
			}
			done.Done()
		}()
	}
	done.Wait()
	return float64(time.Since(begin).Nanoseconds()) / (2 * each)
}

func cpu() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Each has a CPU of its own, as strata's have. Its thread ends with it.
func pin(me int) {
	var usable, mine [16]uint64
	const bytes = uintptr(len(usable) * 8)
	_, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, bytes, uintptr(unsafe.Pointer(&usable)))
	var cpus []int
	for i := 0; i < len(usable)*64; i++ {
		if usable[i/64]>>(i%64)&1 != 0 {
			cpus = append(cpus, i)
		}
	}
	if len(cpus) > 1 {
		cpu := cpus[me%len(cpus)]
		mine[cpu/64] |= 1 << (cpu % 64)
		runtime.LockOSThread()
		_, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, bytes, uintptr(unsafe.Pointer(&mine)))
	}
}

func compute() (ratio, share float64) {
	var steps, beside [2]atomic.Int64
	var done sync.WaitGroup
	done.Add(2)
	before := cpu()
	begin := time.Now()
	for w := 0; w < 2; w++ {
		go func(me int) {
			pin(me)
			sum := 0
			for time.Since(begin) < 60*time.Millisecond {
				other := steps[1-me].Load()
				for i := 0; i < 10000; i++ {
					sum += i * sum
				}
				if steps[1-me].Load() != other {
					beside[me].Add(1)
				}
				steps[me].Add(1)
			}
			done.Done()
		}(w)
	}
	done.Wait()
	ratio = float64(cpu()-before) / float64(time.Since(begin))
	return ratio, float64(beside[0].Load()+beside[1].Load()) / float64(steps[0].Load()+steps[1].Load())
}

func park() float64 {
	const count = 100000
	var there, done sync.WaitGroup
	end := make(chan struct{})
	before := pss()
	there.Add(count)
	done.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			there.Done()
			<-end
			done.Done()
		}()
	}
	there.Wait()
	each := (pss() - before) / count
	close(end)
	done.Wait()
	return each
}

func main() {
	processors := runtime.GOMAXPROCS(2)
	show("parked_bytes", []float64{park()}) // First: later ones would find the stacks of these.
	var ratios, shares []float64
	for i := 0; i < 5; i++ {
		ratio, share := compute()
		ratios, shares = append(ratios, ratio), append(shares, share)
	}
	show("cpu_per_wall", ratios)
	show("computed_beside", shares)
	runtime.GOMAXPROCS(1)
	show("create_join_ns", repeat(20, create))
	show("switch_ns", repeat(20, turns))
	runtime.GOMAXPROCS(processors)
}
)go";

}  // namespace strata
