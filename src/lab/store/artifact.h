// Files that cells share (a checkpoint, an adapter, a cleaned data set), named by the hash of what makes them: made once, under a lock, by
// whichever process comes first, and resumed where a killed one stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "base/watch.h"

namespace manabi::lab {

// Everything that could change the file's content, and nothing else.
struct ArtifactKey {
  std::string kind;       // "checkpoint", "adapter", "vector": lower-case letters, digits and '-'; the first part of the name
  base::Json made_of;     // options, seeds, content hashes, names of other artifacts; the order of keys does not matter
  std::string extension;  // ".safetensors", or "" for a folder; readers go by it
};

struct Artifact {
  std::string name;            // "adapter-4f0c...": kind and hash, without the extension
  std::filesystem::path path;  // of the file or folder; never written to once it is there
  std::string kind;
  std::string description;  // one line for `list`
  int64_t bytes = 0;        // of the file, or of all files of the folder
  base::Json made_of;
};

// "adapter-" and 40 hex digits.
std::string name_of(const ArtifactKey& key);

// The artifacts of one workspace. Any number of processes may use one folder; one object belongs to one thread.
class Artifacts {
 public:
  // `make` puts the artifact at `result` (a file, or a folder). `working` is a folder of its own that survives a kill, a cancellation and
  // an error until the artifact is finished: state to resume from goes there.
  using Make = std::function<void(const std::filesystem::path& working, const std::filesystem::path& result)>;

  // The folder is created when the first artifact is made.
  explicit Artifacts(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // The finished artifact: there already, or made now. Waits while another process makes it (base::Cancelled ends the wait).
  Artifact artifact(const ArtifactKey& key, const std::string& description, const Make& make, const base::Watch& watch = {});

  // Every finished one, by name.
  std::vector<Artifact> list() const;

  // The names that artifact() gave since the last call, sorted.
  std::vector<std::string> take_used();

 private:
  std::filesystem::path folder_;
  std::vector<std::string> used_;
};

}  // namespace manabi::lab
