# The README's example, built exactly as the page shows it: its file, and the table with its line,
# lie in a tree of their own that is searched first. The two programs with it are
# example/bin/strata and example/bin/strata-worker; a cluster test runs them.
set(example "${PROJECT_BINARY_DIR}/example")
set(readme_py "${CMAKE_CURRENT_LIST_DIR}/readme.py")
set(workloads "${PROJECT_SOURCE_DIR}/shared/workloads")
add_custom_command(
  OUTPUT "${example}/shared/workloads/example.cpp" "${example}/shared/workloads/workloads.def"
  COMMAND python3 "${readme_py}" example "${PROJECT_SOURCE_DIR}/README.md" "${workloads}/workloads.def" "${example}"
  DEPENDS "${PROJECT_SOURCE_DIR}/README.md" "${workloads}/workloads.def" "${readme_py}"
  COMMENT "Taking the example out of README.md")

# Symbols that a program defines itself are not taken from a library: workload.cpp, compiled with the
# longer table, takes the place of the one in strata::workloads.
add_library(strata_example OBJECT "${workloads}/workload.cpp" "${example}/shared/workloads/example.cpp")
set_source_files_properties("${workloads}/workload.cpp" PROPERTIES
  OBJECT_DEPENDS "${example}/shared/workloads/workloads.def")
target_include_directories(strata_example BEFORE PRIVATE "${example}")
target_link_libraries(strata_example PRIVATE strata_options)
set_target_properties(strata_example PROPERTIES CXX_CLANG_TIDY "")

function(example_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(example-${name} ${arg_SOURCES} $<TARGET_OBJECTS:strata_example>)
  target_link_libraries(example-${name} PRIVATE strata_options ${arg_DEPS})
  set_target_properties(example-${name} PROPERTIES OUTPUT_NAME ${name} CXX_CLANG_TIDY ""
    RUNTIME_OUTPUT_DIRECTORY "${example}/bin")
endfunction()
file(GLOB worker_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/worker/*.cpp")
example_program(strata SOURCES "${PROJECT_SOURCE_DIR}/coordinator/main.cpp" DEPS strata::cli)
example_program(strata-worker SOURCES ${worker_sources} DEPS strata::measured strata::executors strata::host strata::workloads)
if(TARGET cluster_tests)
  add_dependencies(cluster_tests example-strata example-strata-worker strata strata-worker)
endif()
