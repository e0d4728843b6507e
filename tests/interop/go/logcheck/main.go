// Command logcheck checks a C2SP tlog-tiles log with nothing but golang.org/x/mod, the library by
// which the go command itself trusts sum.golang.org.
//
//	logcheck log    PREFIX VKEY STEP            every entry against its tile; every STEP-th proved
//	logcheck since  PREFIX VKEY OLD...          the log goes on from each of these old checkpoints
//	logcheck proof  VKEY PROOF ENTRY            a .tlog-proof file and the bytes it proves
//
// PREFIX is a folder or an http URL. It prints one JSON object, and ends with 1 and a sentence on
// stderr where something does not verify.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	told, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}

func run(args []string) (map[string]any, error) {
	switch {
	case len(args) == 4 && args[0] == "log":
		step, err := strconv.ParseInt(args[3], 10, 64)
		if err != nil {
			return nil, err
		}
		return checkLog(args[1], args[2], step)
	case len(args) > 3 && args[0] == "since":
		return checkSince(args[1], args[2], args[3:])
	case len(args) == 4 && args[0] == "proof":
		return checkProof(args[1], args[2], args[3])
	}
	return nil, errors.New("usage: logcheck log|since|proof ...")
}

// open checks the signature of a checkpoint and reads its three lines.
func open(signed []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("verifier key: %w", err)
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("checkpoint: not three lines of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] || size < 0 {
		return tlog.Tree{}, errors.New("checkpoint: size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: root: %w", err)
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

// prefix reads resources of a log and keeps what it has read.
type prefix struct {
	at   string
	kept map[string][]byte
}

func (p *prefix) read(path string) ([]byte, error) {
	if data, ok := p.kept[path]; ok {
		return data, nil
	}
	data, err := p.fetch(path)
	if err == nil {
		p.kept[path] = data
	}
	return data, err
}

func (p *prefix) fetch(path string) ([]byte, error) {
	if !strings.HasPrefix(p.at, "http://") {
		return os.ReadFile(filepath.Join(p.at, filepath.FromSlash(path)))
	}
	answer, err := http.Get(p.at + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// Height, ReadTiles and SaveTiles make a tlog.TileReader.
func (p *prefix) Height() int { return height }

func (p *prefix) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = p.read(path(tile)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (p *prefix) SaveTiles([]tlog.Tile, [][]byte) {}

// path is the tile's path as C2SP tlog-tiles writes it: without the height.
func path(tile tlog.Tile) string {
	rest := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	return "tile/" + strings.Replace(rest, "data/", "entries/", 1)
}

// split cuts a bundle into its entries.
func split(bundle []byte, width int) ([][]byte, error) {
	var entries [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return nil, errors.New("bundle: cut off")
		}
		length := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+length {
			return nil, errors.New("bundle: cut off")
		}
		entries = append(entries, bundle[2:2+length])
		bundle = bundle[2+length:]
	}
	if len(entries) != width {
		return nil, errors.New("bundle: another number of entries")
	}
	return entries, nil
}

func checkLog(at, vkey string, step int64) (map[string]any, error) {
	source := &prefix{at, map[string][]byte{}}
	signed, err := source.read("checkpoint")
	if err != nil {
		return nil, err
	}
	tree, err := open(signed, vkey)
	if err != nil {
		return nil, err
	}
	reader := tlog.TileHashReader(tree, source)
	proved := 0
	for first := int64(0); first < tree.N; first += 1 << height {
		width := min(1<<height, tree.N-first)
		bundle, err := source.read(path(tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)}))
		if err != nil {
			return nil, err
		}
		entries, err := split(bundle, int(width))
		if err != nil {
			return nil, err
		}
		count, err := checkBundle(tree, reader, first, entries, step)
		if err != nil {
			return nil, err
		}
		proved += count
	}
	return map[string]any{"size": tree.N, "root": tree.Hash.String(), "proved": proved}, nil
}

// checkBundle compares every entry with its leaf in the authenticated tiles, and proves every
// step-th as a reader would who has nothing but the proof.
func checkBundle(
	tree tlog.Tree, reader tlog.HashReader, first int64, entries [][]byte, step int64,
) (int, error) {
	indexes := make([]int64, len(entries))
	for i := range entries {
		indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
	}
	leaves, err := reader.ReadHashes(indexes)
	if err != nil {
		return 0, fmt.Errorf("tiles: %w", err)
	}
	proved := 0
	for i, entry := range entries {
		number, leaf := first+int64(i), tlog.RecordHash(entry)
		if leaf != leaves[i] {
			return 0, fmt.Errorf("entry %d is not the one in the tree", number)
		}
		if number%step != 0 {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, number, reader)
		if err != nil {
			return 0, fmt.Errorf("tiles: %w", err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, number, leaf); err != nil {
			return 0, fmt.Errorf("entry %d: %w", number, err)
		}
		proved++
	}
	return proved, nil
}

func checkSince(at, vkey string, files []string) (map[string]any, error) {
	source := &prefix{at, map[string][]byte{}}
	signed, err := source.read("checkpoint")
	if err != nil {
		return nil, err
	}
	tree, err := open(signed, vkey)
	if err != nil {
		return nil, err
	}
	reader := tlog.TileHashReader(tree, source)
	var sizes []int64
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		old, err := open(data, vkey)
		if err != nil {
			return nil, err
		}
		if old.N < 1 || old.N > tree.N {
			return nil, fmt.Errorf("size %d: not before %d", old.N, tree.N)
		}
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		if err != nil {
			return nil, fmt.Errorf("tiles: %w", err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return nil, fmt.Errorf("size %d is another history: %w", old.N, err)
		}
		sizes = append(sizes, old.N)
	}
	return map[string]any{"size": tree.N, "since": sizes}, nil
}

func checkProof(vkey, proofFile, entryFile string) (map[string]any, error) {
	data, err := os.ReadFile(proofFile)
	if err != nil {
		return nil, err
	}
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return nil, err
	}
	head, signed, _ := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("proof: not one")
	}
	number, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		value, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(value) != tlog.HashSize {
			return nil, errors.New("proof: not a hash")
		}
		proof = append(proof, tlog.Hash(value))
	}
	tree, err := open([]byte(signed), vkey)
	if err != nil {
		return nil, err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, number, tlog.RecordHash(entry)); err != nil {
		return nil, fmt.Errorf("entry %d: %w", number, err)
	}
	return map[string]any{"size": tree.N, "index": number}, nil
}
