# One interface target carries every compile option; one function makes a module.
include_guard(GLOBAL)
add_library(strata_options INTERFACE)
target_compile_options(strata_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi
  -Wnull-dereference -Wduplicated-cond -Wlogical-op -Wcast-align
  $<$<BOOL:${STRATA_WERROR}>:-Werror>)
# GCC 12 sees overlaps in std::string's own operator+ (its bug 105651) at -O2.
target_compile_options(strata_options INTERFACE -Wno-restrict)
target_include_directories(strata_options INTERFACE "${PROJECT_SOURCE_DIR}")
if(STRATA_SANITIZER STREQUAL "address")
  target_compile_options(strata_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(strata_options INTERFACE -fsanitize=address,undefined)
elseif(STRATA_SANITIZER STREQUAL "thread")
  # -Wno-tsan: GCC cannot follow atomic_thread_fence there; orders are expressed on the accesses.
  target_compile_options(strata_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(strata_options INTERFACE -fsanitize=thread)
endif()

# strata_module(NAME os DEPS base PRIVATE_DEPS spdlog::spdlog)
# The sources and headers of a module are all the files of its folder: adding a workload, an
# executor or a command is adding a file.
function(strata_module)
  cmake_parse_arguments(arg "" "NAME" "DEPS;PRIVATE_DEPS;SOURCES" ${ARGN})
  set(folder "${CMAKE_CURRENT_SOURCE_DIR}/${arg_NAME}")
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS "${folder}/*.cpp")
  endif()
  file(GLOB headers CONFIGURE_DEPENDS "${folder}/*.h")
  list(TRANSFORM arg_DEPS PREPEND strata::)
  add_library(strata_${arg_NAME} STATIC ${arg_SOURCES})
  add_library(strata::${arg_NAME} ALIAS strata_${arg_NAME})
  target_sources(strata_${arg_NAME} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${headers})
  set_target_properties(strata_${arg_NAME} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON LINKER_LANGUAGE CXX)
  target_link_libraries(strata_${arg_NAME} PUBLIC ${arg_DEPS} PRIVATE strata_options ${arg_PRIVATE_DEPS})
endfunction()
