// Command strangers lets other people's clients loose on a log, unchanged.
//
//	strangers torchwood URL VKEY           every entry, by Torchwood's client of C2SP tlog-tiles
//	strangers tessera   URL VKEY           the whole log, by Tessera's fsck
//	strangers tail      URL VKEY OLD       goes on from an old checkpoint, by Tessera's client
//	strangers proof     VKEY PROOF ENTRY   a .tlog-proof, by Torchwood
//
// TLOG_TOKEN, where it is set, is sent to tessera's log as a bearer token. It prints one JSON
// object, and ends with 1 and a sentence on stderr where something does not verify.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	told, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}

func run(ctx context.Context, args []string) (map[string]any, error) {
	switch {
	case len(args) == 3 && args[0] == "torchwood":
		return byTorchwood(ctx, args[1], args[2])
	case len(args) == 3 && args[0] == "tessera":
		return byTessera(ctx, args[1], args[2])
	case len(args) == 4 && args[0] == "tail":
		return tail(ctx, args[1], args[2], args[3])
	case len(args) == 4 && args[0] == "proof":
		return proof(args[1], args[2], args[3])
	}
	return nil, errors.New("usage: strangers torchwood|tessera|tail|proof ...")
}

// policy wants this log's origin and this log's key.
func policy(vkey string) (torchwood.Policy, note.Verifier, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, nil, err
	}
	both := torchwood.ThresholdPolicy(
		2, torchwood.OriginPolicy(verifier.Name()), torchwood.SingleVerifierPolicy(verifier),
	)
	return both, verifier, nil
}

func byTorchwood(ctx context.Context, at, vkey string) (map[string]any, error) {
	wanted, _, err := policy(vkey)
	if err != nil {
		return nil, err
	}
	fetcher, err := torchwood.NewTileFetcher(at)
	if err != nil {
		return nil, err
	}
	reader, err := torchwood.NewClient(fetcher)
	if err != nil {
		return nil, err
	}
	signed, err := fetcher.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return nil, err
	}
	checkpoint, _, err := torchwood.VerifyCheckpoint(signed, wanted)
	if err != nil {
		return nil, err
	}
	read, octets := int64(0), 0
	for number, entry := range reader.AllEntries(ctx, checkpoint.Tree, 0) {
		if number != read {
			return nil, fmt.Errorf("entry %d comes as %d", read, number)
		}
		read++
		octets += len(entry)
	}
	if err := reader.Err(); err != nil {
		return nil, err
	}
	last, proof, err := reader.Entry(ctx, checkpoint.Tree, checkpoint.N-1)
	if err != nil {
		return nil, err
	}
	leaf := tlog.RecordHash(last)
	if err := tlog.CheckRecord(proof, checkpoint.N, checkpoint.Hash, checkpoint.N-1, leaf); err != nil {
		return nil, err
	}
	return map[string]any{"size": checkpoint.N, "read": read, "octets": octets}, nil
}

func byTessera(ctx context.Context, at, vkey string) (map[string]any, error) {
	_, verifier, err := policy(vkey)
	if err != nil {
		return nil, err
	}
	fetcher, err := fetch(at)
	if err != nil {
		return nil, err
	}
	check := fsck.New(verifier.Name(), verifier, fetcher, leaves, fsck.Opts{N: 2})
	if err := check.Check(ctx); err != nil {
		return nil, err
	}
	return map[string]any{"resources": check.Status().ResourcesFetched}, nil
}

func fetch(at string) (*client.HTTPFetcher, error) {
	root, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	fetcher, err := client.NewHTTPFetcher(root, nil)
	if err != nil {
		return nil, err
	}
	if token := os.Getenv("TLOG_TOKEN"); token != "" {
		fetcher.SetAuthorizationHeader("Bearer " + token)
	}
	return fetcher, nil
}

func tail(ctx context.Context, at, vkey, oldFile string) (map[string]any, error) {
	_, verifier, err := policy(vkey)
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(oldFile)
	if err != nil {
		return nil, err
	}
	fetcher, err := fetch(at)
	if err != nil {
		return nil, err
	}
	tracker, err := client.NewLogStateTracker(
		ctx, fetcher.ReadTile, old, verifier, verifier.Name(),
		client.UnilateralConsensus(fetcher.ReadCheckpoint),
	)
	if err != nil {
		return nil, err
	}
	before := tracker.Latest().Size
	if _, _, _, err := tracker.Update(ctx); err != nil {
		return nil, err
	}
	return map[string]any{"from": before, "to": tracker.Latest().Size}, nil
}

// leaves hashes the entries of a bundle.
func leaves(bundle []byte) ([][]byte, error) {
	var entries api.EntryBundle
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(entries.Entries))
	for _, entry := range entries.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}

func proof(vkey, proofFile, entryFile string) (map[string]any, error) {
	wanted, _, err := policy(vkey)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(proofFile)
	if err != nil {
		return nil, err
	}
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return nil, err
	}
	if err := torchwood.VerifyProof(wanted, tlog.RecordHash(entry), data); err != nil {
		return nil, err
	}
	return map[string]any{"octets": len(entry)}, nil
}
