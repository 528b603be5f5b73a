# The executor `gil` alone, beside CPython's threads.
add_executable(gil_units "${CMAKE_CURRENT_LIST_DIR}/gil_units.cpp")
target_link_libraries(gil_units PRIVATE strata_options strata::executors Threads::Threads)
set_target_properties(gil_units PROPERTIES CXX_CLANG_TIDY ""
  RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
