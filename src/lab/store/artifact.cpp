#include "lab/store/artifact.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace manabi::lab {
namespace {

namespace fs = std::filesystem;

// Not finished artifacts and locks lie in folders of their own, so that everything else in the folder is finished.
constexpr const char* kWorking = ".working";
constexpr const char* kLocks = ".locks";
constexpr const char* kNotes = ".json";  // the sidecar of NAME is NAME.json

void create_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    throw base::Error({.where = folder.string(),
                       .given = "cannot create this folder: " + problem.message(),
                       .expected = "",
                       .hint = "choose a workspace that you may write to (--output)"});
  }
}

int64_t bytes_of(const fs::path& path) {
  if (!fs::is_directory(path)) return static_cast<int64_t>(fs::file_size(path));
  int64_t bytes = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) bytes += static_cast<int64_t>(entry.file_size());
  }
  return bytes;
}

void sync_file(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// Contents reach the disk before the name does: after a power cut a name never stands for half a file.
void sync(const fs::path& path) {
  if (fs::is_directory(path)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) sync_file(entry.path());
  }
  sync_file(path);
}

base::Json notes_of(const Artifact& artifact) {
  return {{"kind", artifact.kind},
          {"file", artifact.path.filename().string()},
          {"bytes", artifact.bytes},
          {"description", artifact.description},
          {"made_of", artifact.made_of}};
}

Artifact read_notes(const fs::path& notes_path) {
  const base::Json notes = base::read_json(notes_path.string());
  try {
    return {.name = notes_path.stem().string(),
            .path = notes_path.parent_path() / notes.at("file").get<std::string>(),
            .kind = notes.at("kind").get<std::string>(),
            .description = notes.at("description").get<std::string>(),
            .bytes = notes.at("bytes").get<int64_t>(),
            .made_of = notes.at("made_of")};
  } catch (const base::Json::exception&) {
    throw base::Error({.where = notes_path.string(),
                       .given = "is not the note of an artifact",
                       .expected = "kind, file, bytes, description, made_of",
                       .hint = "delete this file; the artifact is then made anew when it is needed"});
  }
}

// Notes are written first, so an artifact is there when both are, and whole when its size is the one noted.
bool is_finished(const Artifact& artifact) { return fs::exists(artifact.path) && bytes_of(artifact.path) == artifact.bytes; }

void check_kind(const std::string& kind) {
  const auto is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (kind.empty() || !std::ranges::all_of(kind, is_allowed)) throw std::logic_error("an artifact's kind cannot be '" + kind + "'");
}

}  // namespace

std::string name_of(const ArtifactKey& key) {
  check_kind(key.kind);
  constexpr size_t kDigits = 40;
  const nlohmann::json sorted = nlohmann::json::parse(base::Json{{"kind", key.kind}, {"made_of", key.made_of}}.dump());
  return key.kind + "-" + base::sha256(sorted.dump()).substr(0, kDigits);
}

Artifact Artifacts::artifact(const ArtifactKey& key, const std::string& description, const Make& make, const base::Watch& watch) {
  Artifact artifact{.name = name_of(key), .path = {}, .kind = key.kind, .description = description, .bytes = 0, .made_of = key.made_of};
  artifact.path = folder_ / (artifact.name + key.extension);
  const fs::path notes = folder_ / (artifact.name + kNotes);
  const auto finished = [&] { return fs::exists(notes) && is_finished(artifact = read_notes(notes)); };
  used_.push_back(artifact.name);
  if (finished()) return artifact;

  create_folder(folder_ / kLocks);
  const std::string lock_path = (folder_ / kLocks / artifact.name).string();
  std::unique_ptr<base::FileLock> lock = base::FileLock::try_lock(lock_path);
  if (!lock) {
    watch.note("waiting for another process that makes " + artifact.name + " (" + description + ")");
    lock = std::make_unique<base::FileLock>(lock_path, watch.cancel);
    if (finished()) return artifact;
  }

  const fs::path working = folder_ / kWorking / artifact.name;
  const fs::path result = working.string() + ".result" + key.extension;
  create_folder(working);
  fs::remove_all(result);
  make(working, result);
  if (!fs::exists(result)) throw std::logic_error("the maker of " + artifact.name + " left no result");
  sync(result);

  artifact = {.name = name_of(key),
              .path = folder_ / (name_of(key) + key.extension),
              .kind = key.kind,
              .description = description,
              .bytes = bytes_of(result),
              .made_of = key.made_of};
  base::write_text_atomically(notes.string(), notes_of(artifact).dump(2) + "\n");
  fs::remove_all(artifact.path);
  fs::rename(result, artifact.path);
  fs::remove_all(working);
  return artifact;
}

std::vector<Artifact> Artifacts::list() const {
  std::vector<Artifact> artifacts;
  if (!fs::exists(folder_)) return artifacts;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (!entry.is_regular_file() || entry.path().extension() != kNotes) continue;
    const Artifact artifact = read_notes(entry.path());
    if (is_finished(artifact)) artifacts.push_back(artifact);
  }
  std::ranges::sort(artifacts, {}, &Artifact::name);
  return artifacts;
}

std::vector<std::string> Artifacts::take_used() {
  std::vector<std::string> names = std::exchange(used_, {});
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace manabi::lab
