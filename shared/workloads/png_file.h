// A PNG file from pixels, by libpng, which is included by png_file.cpp alone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "shared/base/result.h"

namespace strata {

// Writes 8-bit RGB pixels, row by row. The file appears whole or not at all: it is written beside
// `path` under another name and renamed. An existing file is replaced. Errors are Exit::kFailed.
Status write_png(const std::string& path, std::uint32_t width, std::uint32_t height,
                 std::span<const std::byte> rgb);

}  // namespace strata
