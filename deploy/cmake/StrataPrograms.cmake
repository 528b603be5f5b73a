# How the two programs are linked. A worker's start is most of a cluster's start, and most of a
# worker's start is its libraries: libstdc++, crypto, png and zlib go in statically, nothing is
# relocated (-no-pie), and ZeroMQ, Protocol Buffers and hwloc live in a module that is opened only
# when a client, another host or a topology is needed.
include_guard(GLOBAL)
add_library(strata_static_crypto INTERFACE)
target_include_directories(strata_static_crypto SYSTEM INTERFACE ${OPENSSL_INCLUDE_DIR})
find_library(STRATA_CRYPTO_ARCHIVE libcrypto.a REQUIRED)
target_link_libraries(strata_static_crypto INTERFACE ${STRATA_CRYPTO_ARCHIVE} Threads::Threads ${CMAKE_DL_LIBS})

add_library(strata_static_png INTERFACE)
target_include_directories(strata_static_png SYSTEM INTERFACE ${PNG_INCLUDE_DIRS})
find_library(STRATA_PNG_ARCHIVE libpng16.a REQUIRED)
find_library(STRATA_ZLIB_ARCHIVE libz.a REQUIRED)
target_link_libraries(strata_static_png INTERFACE ${STRATA_PNG_ARCHIVE} ${STRATA_ZLIB_ARCHIVE} m)

# spdlog and fmt from their headers: one library less to load at each start.
add_library(strata_spdlog INTERFACE)
target_compile_definitions(strata_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)

# strata_program(strata-worker SOURCES main.cpp DEPS strata::executors)
function(strata_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE strata_options ${arg_DEPS})
  if(NOT STRATA_SANITIZER)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc -no-pie -Wl,--gc-sections)
  endif()
endfunction()
