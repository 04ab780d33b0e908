import java.util.Scanner;
import java.security.SecureRandom;
import org.bouncycastle.pqc.crypto.lms.*;
import org.bouncycastle.util.encoders.Hex;

/** Lines on standard input: "verify KEY MESSAGE SIGNATURE" answers true or false, "sign HEIGHT W MESSAGE" answers KEY SIGNATURE (HSS of one level). */
public class Oracle {
  static byte[] hex(String s) { return Hex.decode(s.equals("-") ? "" : s); }

  static LMSigParameters height(String h) {
    return h.equals("5") ? LMSigParameters.lms_sha256_n32_h5 : LMSigParameters.lms_sha256_n32_h10;
  }

  static LMOtsParameters width(String w) {
    switch (w) {
      case "1": return LMOtsParameters.sha256_n32_w1;
      case "2": return LMOtsParameters.sha256_n32_w2;
      case "4": return LMOtsParameters.sha256_n32_w4;
      default: return LMOtsParameters.sha256_n32_w8;
    }
  }

  public static void main(String[] args) throws Exception {
    Scanner in = new Scanner(System.in);
    while (in.hasNextLine()) {
      String[] f = in.nextLine().split(" ");
      if (f[0].equals("verify")) {
        boolean ok;
        try {
          HSSSigner signer = new HSSSigner();
          signer.init(false, HSSPublicKeyParameters.getInstance(hex(f[1])));
          ok = signer.verifySignature(hex(f[2]), hex(f[3]));
        } catch (Throwable t) {
          ok = false;
        }
        System.out.println(ok);
      } else {
        HSSKeyPairGenerator made = new HSSKeyPairGenerator();
        made.init(new HSSKeyGenerationParameters(new LMSParameters[] { new LMSParameters(height(f[1]), width(f[2])) }, new SecureRandom()));
        org.bouncycastle.crypto.AsymmetricCipherKeyPair pair = made.generateKeyPair();
        HSSSigner signer = new HSSSigner();
        signer.init(true, pair.getPrivate());
        byte[] signature = signer.generateSignature(hex(f[3]));
        System.out.println(Hex.toHexString(((HSSPublicKeyParameters) pair.getPublic()).getEncoded()) + " " + Hex.toHexString(signature));
      }
    }
  }
}
