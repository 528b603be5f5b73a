# The executors that carry many units on a processor, `green` and `coroutine`, in one process with
# their peers: Boost.Context's switch and TBB's tasks.
find_package(TBB REQUIRED)
find_package(Boost REQUIRED COMPONENTS context)
file(GLOB many_units_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/many_units*.cpp")
add_executable(many_units ${many_units_sources})
target_link_libraries(many_units PRIVATE strata_options strata::executors strata::processors TBB::tbb Boost::context
  Threads::Threads)
set_target_properties(many_units PROPERTIES CXX_CLANG_TIDY ""
  RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
