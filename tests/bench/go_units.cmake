# Goroutines as a peer, where Go is installed; figures beside it are left empty elsewhere.
find_program(STRATA_GO go)
if(NOT STRATA_GO)
  return()
endif()
add_custom_command(
  OUTPUT "${peers_folder}/go_units"
  COMMAND "${CMAKE_COMMAND}" -E env GO111MODULE=off "GOCACHE=${CMAKE_CURRENT_BINARY_DIR}/go_cache"
          "${STRATA_GO}" build -o "${peers_folder}/go_units"
          "${CMAKE_CURRENT_SOURCE_DIR}/peers/go_units.go"
  DEPENDS peers/go_units.go
  VERBATIM)
add_custom_target(go_units DEPENDS "${peers_folder}/go_units")
list(APPEND peers go_units)
