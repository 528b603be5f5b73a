#include "shared/workloads/path_checks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "shared/workloads/figures.h"

namespace strata {
namespace {

Error usage(std::string message) { return Error{Exit::kUsage, std::move(message)}; }

Result<std::string> absolute_path(const std::string& given, std::string_view text) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(std::filesystem::path(text), error);
  if (error) {
    return usage(given + ": " + error.message() + "; give an absolute path");
  }
  return path.lexically_normal().string();
}

}  // namespace

Result<std::string> check_input_dir(const std::string& given, std::string_view text) {
  Result<std::string> path = absolute_path(given, text);
  if (!path) {
    return path;
  }
  struct stat facts {};
  if (stat(path->c_str(), &facts) != 0) {
    return usage(system_error(Exit::kUsage, given, errno).message + "; name an existing folder");
  }
  if (!S_ISDIR(facts.st_mode)) {
    return usage(given + ": is not a folder; name the folder that it lies in");
  }
  if (faccessat(AT_FDCWD, path->c_str(), R_OK | X_OK, AT_EACCESS) != 0) {
    return usage(system_error(Exit::kUsage, given, errno).message +
                 "; make the folder readable, or name another");
  }
  return path;
}

Result<std::string> check_output_file(const std::string& given, std::string_view text) {
  Result<std::string> path = absolute_path(given, text);
  if (!path) {
    return path;
  }
  const std::filesystem::path file(*path);
  struct stat facts {};
  const bool exists = stat(path->c_str(), &facts) == 0;
  if ((exists && S_ISDIR(facts.st_mode)) || !file.has_filename()) {
    return usage(given + ": is a folder; name a file in it");
  }
  if (exists && !S_ISREG(facts.st_mode)) {
    return usage(given + ": is not a regular file; name another");
  }
  if (exists && faccessat(AT_FDCWD, path->c_str(), W_OK, AT_EACCESS) != 0) {
    return usage(system_error(Exit::kUsage, given, errno).message +
                 "; make the file writable, or name another");
  }
  const std::string folder = file.parent_path().string();
  if (stat(folder.c_str(), &facts) != 0) {
    return usage(
        system_error(Exit::kUsage, given + ": folder " + printable(folder), errno).message +
        "; make the folder first, or name another");
  }
  if (!S_ISDIR(facts.st_mode)) {
    return usage(given + ": " + printable(folder) + " is not a folder; name a file in a folder");
  }
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return usage(
        system_error(Exit::kUsage, given + ": folder " + printable(folder), errno).message +
        "; name a file in a folder that you can write to");
  }
  return path;
}

}  // namespace strata
