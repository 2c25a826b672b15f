//! The rules of the house, checked: ranks of modules, forbidden paths, sizes.
//!
//! It reads the sources as syntax trees (so that comments and strings never count) and refuses:
//! a module that names one of its own rank or above; any path from what talks to other members to
//! the confidential modules; sled or a system clock outside their files; a maker of `Admitted`
//! elsewhere than in the modules that may; glob imports; long files, lines and functions; marks
//! of unfinished work.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{spanned::Spanned, visit::Visit};

/// The rank of every top-level module; see `src/lib.rs`.
const RANKS: &[(&str, u8)] = &[
    ("base", 0),
    ("codes", 1),
    ("store", 1),
    ("keys", 1),
    ("publication", 2),
    ("log", 3),
    ("records", 3),
    ("intake", 4),
    ("indicators", 4),
    ("disclosure", 5),
    ("release", 6),
    ("library", 6),
    ("statistics", 6),
    ("sync", 7),
    ("wire", 8),
    ("rpc", 9),
    ("web", 9),
    ("config", 10),
    ("node", 11),
    ("cli", 12),
];

/// What talks to other members, or is computed from what they sent.
const OUTWARD: &[&str] = &[
    "log",
    "sync",
    "publication",
    "statistics",
    "library",
    "disclosure::public",
    "disclosure::system",
    "rpc::exchange",
    "rpc::sync",
    "web",
];

/// What holds the hub's records.
const CONFIDENTIAL: &[&str] = &["records", "intake", "indicators"];

/// Who may ask `publication` for an `Admitted`.
const ADMITTING: &[&str] = &["release", "library", "node", "publication"];

const LINE_CHARACTERS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// One source file: where it is, its module path, and what it names.
struct Source {
    path: PathBuf,
    module: Vec<String>,
    text: String,
    names: Names,
}

/// What a file names outside its tests.
#[derive(Default)]
struct Names {
    /// Paths after `crate::`, as far as they are written.
    own: BTreeSet<Vec<String>>,
    /// Other paths with at least two segments.
    foreign: BTreeSet<Vec<String>>,
    globs: Vec<usize>,
    long_functions: Vec<(String, usize)>,
}

impl Names {
    fn add(&mut self, path: &[String]) {
        match path.split_first() {
            Some((first, rest)) if first == "crate" => drop(self.own.insert(rest.to_vec())),
            Some(_) if path.len() > 1 => drop(self.foreign.insert(path.to_vec())),
            _ => {}
        }
    }

    fn add_use(&mut self, tree: &syn::UseTree, so_far: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                so_far.push(path.ident.to_string());
                self.add_use(&path.tree, so_far);
                so_far.pop();
            }
            syn::UseTree::Name(name) => {
                so_far.push(name.ident.to_string());
                self.add(so_far);
                so_far.pop();
            }
            syn::UseTree::Rename(rename) => {
                so_far.push(rename.ident.to_string());
                self.add(so_far);
                so_far.pop();
            }
            syn::UseTree::Glob(glob) => self.globs.push(glob.span().start().line),
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    self.add_use(item, so_far);
                }
            }
        }
    }

    fn measure(&mut self, name: &syn::Ident, block: &syn::Block) {
        let lines = block.span().end().line - block.span().start().line + 1;
        if lines > FUNCTION_LINES_MAX {
            self.long_functions.push((name.to_string(), lines));
        }
    }
}

fn only_in_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "test")
    })
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !only_in_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !only_in_tests(&item.attrs) {
            self.add_use(&item.tree, &mut Vec::new());
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|one| one.ident.to_string()).collect();
        self.add(&segments);
        syn::visit::visit_path(self, path);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !only_in_tests(&function.attrs) {
            self.measure(&function.sig.ident, &function.block);
            syn::visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig.ident, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

fn is_test_file(module: &[String]) -> bool {
    module.iter().any(|part| part == "tests" || part == "testing" || part.ends_with("_tests"))
}

/// All hand-written sources outside tests.
fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    let mut sources = Vec::new();
    for path in files {
        let inside = path.strip_prefix(root().join("src")).expect("under src").with_extension("");
        let mut module: Vec<String> =
            inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if module.iter().any(|part| part == "generated") || is_test_file(&module) {
            continue;
        }
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        let text = fs::read_to_string(&path).expect("UTF-8");
        let mut names = Names::default();
        names.visit_file(&syn::parse_file(&text).expect("Rust"));
        sources.push(Source { path, module, text, names });
    }
    sources
}

fn rank(module: &str) -> Option<u8> {
    RANKS.iter().find(|(name, _)| *name == module).map(|(_, rank)| *rank)
}

/// The node of the module graph a path belongs to: two segments where the invariants tell
/// submodules apart, one elsewhere.
fn graph_node(path: &[String]) -> String {
    let split = ["disclosure", "rpc", "wire"];
    match path {
        [first, second, ..] if split.contains(&first.as_str()) => format!("{first}::{second}"),
        [first, ..] => first.clone(),
        [] => String::new(),
    }
}

fn graph(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources {
        let targets = source.names.own.iter().map(|path| graph_node(path));
        graph.entry(graph_node(&source.module)).or_default().extend(targets);
    }
    graph
}

fn reachable(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(node) = open.pop() {
        for next in graph.get(&node).into_iter().flatten() {
            if seen.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    seen
}

fn refuse(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn a_module_names_only_modules_of_lower_rank() {
    let mut faults = Vec::new();
    for source in sources() {
        let Some(own) = source.module.first().filter(|first| !["lib", "main"].contains(&&***first))
        else {
            continue;
        };
        let Some(own_rank) = rank(own) else {
            faults.push(format!("{}: module {own} has no rank", source.path.display()));
            continue;
        };
        for path in &source.names.own {
            let Some(other) = path.first().filter(|other| *other != own) else { continue };
            if rank(other).is_none_or(|rank| rank >= own_rank) {
                let path = path.join("::");
                faults.push(format!("{}: names crate::{path}", source.path.display()));
            }
        }
    }
    refuse(faults);
}

#[test]
fn no_path_leads_from_what_talks_to_members_to_the_records() {
    let graph = graph(&sources());
    let mut faults = Vec::new();
    for from in OUTWARD {
        let from_nodes = graph.keys().filter(|node| *node == from);
        for node in from_nodes {
            for target in reachable(&graph, node) {
                if CONFIDENTIAL.contains(&target.as_str()) {
                    faults.push(format!("{node} reaches {target}"));
                }
            }
        }
    }
    refuse(faults);
}

#[test]
fn sled_clocks_and_admission_stay_in_their_places() {
    let mut faults = Vec::new();
    for source in sources() {
        let path = source.path.display();
        let module = source.module.join("::");
        for name in &source.names.foreign {
            let joined = name.join("::");
            if name[0] == "sled" && module != "store::sled" {
                faults.push(format!("{path}: names {joined}"));
            }
            let reads_clock = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"]
                .iter()
                .any(|clock| joined.ends_with(clock));
            let tokio_clock = joined.starts_with("tokio::time");
            if reads_clock && !tokio_clock && module != "base::clock" {
                faults.push(format!("{path}: reads a clock: {joined}"));
            }
            let admits = name[0] == "Admitted" && name.len() == 2;
            if admits && !ADMITTING.contains(&source.module[0].as_str()) {
                faults.push(format!("{path}: asks for an Admitted"));
            }
        }
    }
    refuse(faults);
}

#[test]
fn domain_types_stay_off_the_wire() {
    let mut faults = Vec::new();
    for source in sources() {
        let first = source.module.first().map_or("", String::as_str);
        let edge = ["wire", "rpc", "cli", "node", "lib", "main"].contains(&first);
        let names_prost = source.names.foreign.iter().any(|name| name[0] == "prost");
        if names_prost && !edge {
            faults.push(format!("{}: names prost", source.path.display()));
        }
    }
    refuse(faults);
}

#[test]
fn sources_stay_small_and_finished() {
    // Spelled in two parts, so that this file does not find itself.
    let marks =
        [concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!("), concat!("dbg", "!(")];
    let mut faults = Vec::new();
    for source in sources() {
        let path = source.path.display();
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{path}: {lines} lines"));
        }
        for (number, line) in source.text.lines().enumerate() {
            if line.chars().count() > LINE_CHARACTERS_MAX && !line.contains("http") {
                faults.push(format!("{path}:{}: longer than the limit", number + 1));
            }
            if marks.iter().any(|mark| line.contains(mark)) {
                faults.push(format!("{path}:{}: a mark of unfinished work", number + 1));
            }
        }
        for line in &source.names.globs {
            faults.push(format!("{path}:{line}: glob import"));
        }
        for (name, lines) in &source.names.long_functions {
            faults.push(format!("{path}: {name} has {lines} lines"));
        }
    }
    refuse(faults);
}

#[test]
fn every_module_of_the_map_exists_and_no_other() {
    let listed: BTreeSet<_> = RANKS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root().join("src")).expect("src") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.insert(path.file_name().expect("a name").to_string_lossy().into_owned());
        }
    }
    assert_eq!(listed, found);
}
