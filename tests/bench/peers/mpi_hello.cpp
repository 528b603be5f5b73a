// The first program of every MPI course; rank 0 prints "ready" when all ranks have come.
#include <mpi.h>

#include <cstdio>

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 0) {
    std::puts("ready");
    std::fflush(stdout);
  }
  MPI_Finalize();
}
