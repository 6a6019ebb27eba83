#include "world/images/omniglot.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/format/png.h"
#include "base/format/zip.h"
#include "world/require.h"

namespace manabi::world {
namespace {

constexpr const char* kArchives[] = {"images_background_small1.zip", "images_background_small2.zip"};
constexpr int64_t kFileSide = 105;
constexpr int64_t kMostBytes = 64 * 1024;  // of a file; those of the set have under 500

std::filesystem::path path_of(const std::string& data_folder, const char* archive) {
  return std::filesystem::path(data_folder) / "omniglot" / archive;
}

// The scaled drawings of each character, by file name: both in order.
using Characters = std::map<std::string, std::map<std::string, std::vector<uint8_t>>>;

std::vector<uint8_t> drawing_of(const std::string& png, const std::string& where, int64_t side) {
  base::GreyImage image = base::parse_png(std::as_bytes(std::span(png)), where, kFileSide);
  require(image.width == kFileSide && image.height == kFileSide, {.where = where,
                                                                  .given = fmt::format("an image of {} x {} pixels", image.width, image.height),
                                                                  .expected = fmt::format("{0} x {0}", kFileSide)});
  for (uint8_t& value : image.values) value = static_cast<uint8_t>(255 - value);
  return area_scaled(image.values, kFileSide, side);
}

// Alphabets that both archives hold are the same in both: the first is kept.
void add_archive(const std::filesystem::path& path, int64_t side, Characters& characters) {
  const base::ZipArchive archive(path.string());
  for (const base::ZipMember& member : archive.members()) {
    const std::filesystem::path name(member.name);  // archive/alphabet/character/drawing.png
    if (name.extension() != ".png") continue;
    const std::string where = path.string() + ", " + member.name, drawing = name.filename().string();
    const std::filesystem::path folder = name.parent_path();
    require(folder.has_filename() && folder.parent_path().has_filename(),
            {.where = where, .given = "an image outside the folders", .expected = "alphabet/character/drawing.png"});
    auto& drawings = characters[(folder.parent_path().filename() / folder.filename()).string()];
    if (!drawings.contains(drawing)) drawings[drawing] = drawing_of(archive.read(member, kMostBytes), where, side);
  }
}

}  // namespace

bool has_omniglot(const std::string& data_folder) {
  return !data_folder.empty() &&
         std::ranges::all_of(kArchives, [&](const char* archive) { return std::filesystem::exists(path_of(data_folder, archive)); });
}

Drawings read_omniglot(const std::string& data_folder, int64_t side) {
  require(side >= 1 && side <= kFileSide,
          {.where = "side of an image", .given = std::to_string(side), .expected = fmt::format("1 to {}", kFileSide)});
  Characters characters;
  for (const char* archive : kArchives) add_archive(path_of(data_folder, archive), side, characters);
  const std::string folder = path_of(data_folder, "").string();
  require(!characters.empty(), {.where = folder, .given = "archives without an image", .expected = "alphabet/character/drawing.png"});
  Drawings all{.name = "omniglot",
               .source = "Omniglot (Lake, Salakhutdinov and Tenenbaum 2015), the two smaller background sets; MIT licence",
               .side = side,
               .exemplars = std::ssize(characters.begin()->second)};
  for (const auto& [character, drawings] : characters) {
    require(std::ssize(drawings) == all.exemplars, {.where = folder + ", " + character,
                                                    .given = fmt::format("{} drawings", drawings.size()),
                                                    .expected = fmt::format("{}, as the first character has", all.exemplars)});
    all.characters.push_back(character);
    for (const auto& [name, ink] : drawings) all.ink.insert(all.ink.end(), ink.begin(), ink.end());
  }
  return all;
}

}  // namespace manabi::world
