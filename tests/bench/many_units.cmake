# The executors that carry many units on a processor, `green` and `coroutine`, beside their peers:
# Boost.Context's switch, TBB's tasks and Boost.Fiber in the same process, goroutines in another.
find_package(TBB REQUIRED)
find_package(Boost REQUIRED COMPONENTS context)
find_package(boost_fiber QUIET CONFIG) # Its rows say so where it is not installed.
file(GLOB many_units_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/many_units*.cpp")
add_executable(many_units ${many_units_sources} rounds.cpp
  "${PROJECT_SOURCE_DIR}/tests/cluster/process_harness.cpp"
  "${PROJECT_SOURCE_DIR}/tests/cluster/process_table.cpp")
target_link_libraries(many_units PRIVATE strata_options strata::executors strata::processors
  strata::os strata::base TBB::tbb Boost::context Threads::Threads)
if(boost_fiber_FOUND)
  target_link_libraries(many_units PRIVATE Boost::fiber)
endif()
target_compile_definitions(many_units PRIVATE STRATA_PEERS_DIR="${peers_folder}"
  STRATA_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}" STRATA_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
  STRATA_BENCH_BOOST_FIBER=$<BOOL:${boost_fiber_FOUND}>)
set_target_properties(many_units PROPERTIES CXX_CLANG_TIDY ""
  RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
