# Executors alone, in one process: `pool` against TBB, and what an executor adds to a plain loop.
find_package(TBB REQUIRED)
add_executable(empty_units "${CMAKE_CURRENT_LIST_DIR}/empty_units.cpp")
target_link_libraries(empty_units PRIVATE strata_options strata::executors TBB::tbb Threads::Threads)
set_target_properties(empty_units PROPERTIES CXX_CLANG_TIDY ""
  RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
