// Quorum reads a trust policy (C2SP tlog-policy) and a checkpoint by torchwood, which knows nothing
// of ours, and prints the size of a checkpoint that the policy accepts.
//
//	quorum POLICY CHECKPOINT
package main

import (
	"fmt"
	"log"
	"os"

	"filippo.io/torchwood"
)

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(policyFile, checkpointFile string) error {
	text, err := os.ReadFile(policyFile)
	if err != nil {
		return err
	}
	policy, err := torchwood.ParsePolicy(text)
	if err != nil {
		return err
	}
	signed, err := os.ReadFile(checkpointFile)
	if err != nil {
		return err
	}
	checkpoint, _, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		return err
	}
	fmt.Println(checkpoint.N)
	return nil
}
