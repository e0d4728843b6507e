// Witnesslog is a log by Tessera that asks witnesses by its own client, and knows nothing of ours.
//
//	witnesslog FOLDER POLICY ENTRIES...
//
// It adds the entries one by one and prints every checkpoint that the witnesses' policy lets through.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := run(ctx, os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, folder, policyFile string, entries []string) error {
	signer, err := note.NewSigner(os.Getenv("LOG_KEY"))
	if err != nil {
		return err
	}
	policy, err := os.ReadFile(policyFile)
	if err != nil {
		return err
	}
	witnesses, err := tessera.NewWitnessGroupFromPolicy(policy)
	if err != nil {
		return err
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(100*time.Millisecond).
		WithBatching(1, 10*time.Millisecond).
		WithWitnesses(witnesses, &tessera.WitnessOptions{Timeout: 10 * time.Second})
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return err
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 50*time.Millisecond)
	for _, entry := range entries {
		_, checkpoint, err := awaiter.Await(ctx, appender.Add(ctx, tessera.NewEntry([]byte(entry))))
		if err != nil {
			return err
		}
		if !witnesses.Satisfied(checkpoint) {
			return fmt.Errorf("a checkpoint without its witnesses was published")
		}
		fmt.Printf("%s\n", checkpoint)
	}
	return shutdown(ctx)
}
