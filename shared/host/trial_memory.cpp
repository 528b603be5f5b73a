#include "shared/host/trial_memory.h"

#include <cstring>
#include <optional>

#include "shared/base/check.h"

namespace strata {
namespace {

// Appends to memory of a known size, or only counts when there is none.
class Writer {
 public:
  explicit Writer(std::span<std::byte> memory) : memory_(memory) {}
  void bytes(const void* data, std::size_t size) {
    if (!memory_.empty() && size > 0) {
      STRATA_CHECK(at_ + size <= memory_.size(), at_, size, memory_.size());
      std::memcpy(memory_.data() + at_, data, size);
    }
    at_ += size;
  }
  void number(std::uint64_t value) { bytes(&value, sizeof value); }
  void text(const std::string& value) {
    number(value.size());
    bytes(value.data(), value.size());
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  std::span<std::byte> memory_;
  std::size_t at_ = 0;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> memory) : memory_(memory) {}
  std::span<const std::byte> bytes(std::uint64_t size) {
    if (size > memory_.size() - at_) {
      good_ = false;
      return {};
    }
    const auto part = memory_.subspan(at_, size);
    at_ += size;
    return part;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    if (const auto part = bytes(sizeof value); part.size() == sizeof value) {
      std::memcpy(&value, part.data(), sizeof value);
    }
    return value;
  }
  std::string text() {
    const auto part = bytes(number());
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::span<const std::byte> memory_;
  std::size_t at_ = 0;
  bool good_ = true;
};

void write(const JobImage& image, Writer& writer) {
  writer.text(image.workload);
  writer.number(image.parameters.size());
  for (const auto& [name, value] : image.parameters) {
    writer.text(name);
    writer.text(value);
  }
  writer.number(image.seed);
  writer.bytes(&image.operations_per_us, sizeof image.operations_per_us);
  writer.number(image.slot_bytes);
  writer.number(image.group ? 1 : 0);
  writer.number(image.fair_share);
  writer.number(image.table_offset);
  writer.number(image.table_bytes);
  writer.number(image.input.size());
  writer.bytes(image.input.data(), image.input.size());
}

}  // namespace

std::uint64_t image_bytes(const JobImage& image) {
  Writer counter({});
  write(image, counter);
  return counter.at();
}

void write_image(const JobImage& image, std::span<std::byte> memory) {
  Writer writer(memory);
  write(image, writer);
}

Result<JobImage> read_image(std::span<const std::byte> memory) {
  Reader reader(memory);
  JobImage image;
  image.workload = reader.text();
  const std::uint64_t parameters = reader.number();
  for (std::uint64_t i = 0; i < parameters && reader.good(); ++i) {
    std::string name = reader.text();
    std::string value = reader.text();
    image.parameters.emplace_back(std::move(name), std::move(value));
  }
  image.seed = reader.number();
  if (const auto part = reader.bytes(sizeof image.operations_per_us); !part.empty()) {
    std::memcpy(&image.operations_per_us, part.data(), sizeof image.operations_per_us);
  }
  image.slot_bytes = reader.number();
  image.group = reader.number() != 0;
  image.fair_share = reader.number();
  image.table_offset = reader.number();
  image.table_bytes = reader.number();
  image.input = reader.bytes(reader.number());
  if (!reader.good() || image.table_offset > memory.size() ||
      image.table_bytes > memory.size() - image.table_offset) {
    return Error{Exit::kFailed, "the trial's memory is not what it should be"};
  }
  return image;
}

}  // namespace strata
