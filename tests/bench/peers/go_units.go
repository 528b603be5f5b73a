// Goroutines as a peer: the figures that the benchmark compares green threads and coroutines with.
//
//	go_units WHAT PROCESSORS COUNT
//
// prints the figure named below. COUNT is how often, or how many.
//
//	yield     ns a runtime.Gosched, among two goroutines a processor
//	spawn     ns to make a goroutine and wait for its end, in batches of 1000
//	channel   ns one way, two goroutines that hand a number to and fro
//	skynet    seconds for 10 children each down to COUNT leaves (a power of 10), whose numbers are added
//	fib       seconds for the COUNT-th Fibonacci number, every call above 1 a goroutine
//	sleep     seconds for COUNT sleeps of 10 ms at once, then the 99th percentile of lateness in seconds
//	park      bytes of resident memory for each of COUNT goroutines that wait
//	resize    seconds, 99th and 99.9th percentile of COUNT changes of GOMAXPROCS under busy goroutines
//	echo      serves on a free port of 127.0.0.1, printed first, until its standard input closes
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func nsEach(since time.Time, count int) float64 {
	return float64(time.Since(since).Nanoseconds()) / float64(count)
}

func yield(processors, count int) float64 {
	workers := 2 * processors
	var done sync.WaitGroup
	begin := time.Now()
	for w := 0; w < workers; w++ {
		done.Add(1)
		go func() {
			for i := 0; i < count/workers; i++ {
				runtime.Gosched()
			}
			done.Done()
		}()
	}
	done.Wait()
	return nsEach(begin, count)
}

func spawn(count int) float64 {
	const batch = 1000
	begin := time.Now()
	for made := 0; made < count; made += batch {
		var done sync.WaitGroup
		done.Add(batch)
		for i := 0; i < batch; i++ {
			go done.Done()
		}
		done.Wait()
	}
	return nsEach(begin, count)
}

func channel(count int) float64 {
	there, back := make(chan int), make(chan int)
	go func() {
		for i := range there {
			back <- i
		}
	}()
	begin := time.Now()
	for i := 0; i < count/2; i++ {
		there <- i
		<-back
	}
	return nsEach(begin, count)
}

func skynet(result chan<- int, first, size int) {
	if size == 1 {
		result <- first
		return
	}
	results := make(chan int, 10)
	for i := 0; i < 10; i++ {
		go skynet(results, first+i*(size/10), size/10)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-results
	}
	result <- sum
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	var one int
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		one = fib(n - 1)
		done.Done()
	}()
	two := fib(n - 2)
	done.Wait()
	return one + two
}

func quantile(sorted []float64, q float64) float64 {
	return sorted[int(q*float64(len(sorted)-1))]
}

func sleep(count int) (wall, late float64) {
	const each = 10 * time.Millisecond
	lateness := make([]float64, count)
	var done sync.WaitGroup
	done.Add(count)
	begin := time.Now()
	for i := 0; i < count; i++ {
		go func(i int) {
			before := time.Now()
			time.Sleep(each)
			lateness[i] = (time.Since(before) - each).Seconds()
			done.Done()
		}(i)
	}
	done.Wait()
	wall = time.Since(begin).Seconds()
	sort.Float64s(lateness)
	return wall, quantile(lateness, 0.99)
}

func residentBytes() float64 {
	text, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Pss:" {
			kilobytes, _ := strconv.ParseFloat(fields[1], 64)
			return kilobytes * 1024
		}
	}
	panic("no Pss")
}

func park(count int) float64 {
	var there, done sync.WaitGroup
	end := make(chan struct{})
	before := residentBytes()
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
	each := (residentBytes() - before) / float64(count)
	close(end)
	done.Wait()
	return each
}

func resize(processors, count int) (p99, p999 float64) {
	var stop atomic.Bool
	for i := 0; i < 2*processors; i++ {
		go func() {
			for !stop.Load() {
				for j := 0; j < 1000; j++ {
					_ = j
				}
			}
		}()
	}
	took := make([]float64, count)
	for i := range took {
		begin := time.Now()
		runtime.GOMAXPROCS(1 + i%(2*processors))
		took[i] = time.Since(begin).Seconds()
		time.Sleep(100 * time.Microsecond)
	}
	stop.Store(true)
	sort.Float64s(took)
	return quantile(took, 0.99), quantile(took, 0.999)
}

func echo() {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				buffer := make([]byte, 4096)
				for {
					n, err := connection.Read(buffer)
					if err != nil {
						return
					}
					if _, err := connection.Write(buffer[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: go_units WHAT PROCESSORS COUNT")
		os.Exit(2)
	}
	processors, _ := strconv.Atoi(os.Args[2])
	count, _ := strconv.Atoi(os.Args[3])
	if processors < 1 || count < 1 {
		fmt.Fprintln(os.Stderr, "PROCESSORS and COUNT are numbers from 1")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(processors)
	begin := time.Now()
	switch os.Args[1] {
	case "yield":
		fmt.Println(yield(processors, count))
	case "spawn":
		fmt.Println(spawn(count))
	case "channel":
		fmt.Println(channel(count))
	case "skynet":
		result := make(chan int, 1)
		skynet(result, 0, count)
		if sum := <-result; sum != count*(count-1)/2 {
			panic("wrong sum")
		}
		fmt.Println(time.Since(begin).Seconds())
	case "fib":
		fib(count)
		fmt.Println(time.Since(begin).Seconds())
	case "sleep":
		fmt.Println(sleep(count))
	case "park":
		fmt.Println(park(count))
	case "resize":
		fmt.Println(resize(processors, count))
	case "echo":
		echo()
	default:
		fmt.Fprintln(os.Stderr, "go_units does not know "+os.Args[1])
		os.Exit(2)
	}
}
