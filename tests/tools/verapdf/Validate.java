import java.io.FileInputStream;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/** Holds FILE against each FLAVOUR (3a, ua1 ...): a line each, and a line for each rule that is broken. */
public class Validate {
  public static void main(String[] words) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    for (int at = 1; at < words.length; at++) {
      var flavour = PDFAFlavour.byFlavourId(words[at]);
      try (PDFAParser parser =
          Foundries.defaultInstance().createParser(new FileInputStream(words[0]), flavour)) {
        var found = Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
        System.out.println(
            words[at] + " " + (found.isCompliant() ? "valid" : "invalid")
                + " " + found.getTotalAssertions() + " assertions");
        var broken = new TreeMap<String, String>();
        for (TestAssertion one : found.getTestAssertions()) {
          if (one.getStatus() == TestAssertion.Status.FAILED) {
            var rule = one.getRuleId();
            broken.putIfAbsent(
                rule.getClause() + "-" + rule.getTestNumber(),
                one.getMessage() + " " + one.getLocation().getContext());
          }
        }
        broken.forEach((rule, what) -> System.out.println("  " + rule + " " + what));
      }
    }
  }
}
