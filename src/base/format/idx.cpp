#include "base/format/idx.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <type_traits>

#include "base/error.h"

namespace manabi::base {
namespace {

constexpr uint8_t kBytes = 0x08;  // the code of unsigned bytes
constexpr int kMostSizes = 4;

// Reads plain files as they are.
class GzipReader {
 public:
  explicit GzipReader(const std::string& path) : path_(path), file_(gzopen(path.c_str(), "rb")) {
    if (!file_) throw Error({.where = path, .given = "a file that cannot be opened", .expected = "an IDX file"});
  }

  void read(std::span<uint8_t> into, const char* what) {
    size_t done = 0;
    while (done < into.size()) {
      constexpr size_t kAtOnce = size_t{1} << 24;
      const int count = gzread(file_.get(), into.data() + done, static_cast<unsigned>(std::min(kAtOnce, into.size() - done)));
      if (count <= 0)
        throw Error({.where = path_,
                     .given = fmt::format("a file that {} within its {}", count < 0 ? "is damaged" : "ends", what),
                     .expected = fmt::format("{} bytes of it", into.size())});
      done += static_cast<size_t>(count);
    }
  }
  // An archive's checksum is looked at here.
  void require_end() {
    uint8_t more = 0;
    const int count = gzread(file_.get(), &more, 1);
    if (count != 0)
      throw Error({.where = path_,
                   .given = count < 0 ? "a file that is damaged" : "more bytes than the sizes say",
                   .expected = "an IDX file that ends after its values"});
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::remove_pointer_t<gzFile>, Close> file_;
};

}  // namespace

IdxArray read_idx(const std::string& path, int64_t most_values) {
  GzipReader reader(path);
  std::array<uint8_t, 4> magic = {};
  reader.read(magic, "first four bytes");
  if (magic[0] != 0 || magic[1] != 0 || magic[2] != kBytes || magic[3] < 1 || magic[3] > kMostSizes)
    throw Error({.where = path,
                 .given = fmt::format("a file that begins with {:02x} {:02x} {:02x} {:02x}", magic[0], magic[1], magic[2], magic[3]),
                 .expected = fmt::format("00 00 08 and 1 to {} sizes: an IDX file of bytes", kMostSizes)});
  IdxArray array;
  int64_t count = 1;
  for (uint8_t i = 0; i < magic[3]; ++i) {
    std::array<uint8_t, 4> size = {};
    reader.read(size, "sizes");
    array.sizes.push_back(int64_t{size[0]} << 24 | int64_t{size[1]} << 16 | int64_t{size[2]} << 8 | size[3]);
    count = array.sizes.back() > 0 && count <= most_values / array.sizes.back() ? count * array.sizes.back() : most_values + 1;
    if (count > most_values)
      throw Error({.where = path,
                   .given = fmt::format("size {} of {}", array.sizes.back(), i + 1),
                   .expected = fmt::format("sizes of at least 1 whose product is at most {}", most_values)});
  }
  array.values.resize(static_cast<size_t>(count));
  reader.read(array.values, "values");
  reader.require_end();
  return array;
}

}  // namespace manabi::base
