using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>Trains an attention classifier on MNIST, keeps what does best on a validation split, and tests it once.</summary>
static class MnistJob
{
    const int validationCount = 5000, patch = 4, testBatch = 500;
    const ulong orderStream = 21, splitStream = 22;

    public static int Run(
        RunSettings run, string folder, int epochs, int batch, int width, int layers, int heads, double rate, CancellationToken stop)
    {
        var mnist = Mnist.Load(folder);
        var images = mnist.Train;
        if (images.Height % patch != 0 || images.Width % patch != 0)
            throw new InvalidDataException(
                $"{folder}: images of {images.Height} × {images.Width} cannot be cut into patches of {patch} × {patch}");
        if (images.Count <= 2 * validationCount)
            throw new InvalidDataException(
                $"{folder}: {images.Count} training images are too few to keep {validationCount} for validation");
        int[] order = CounterHash.Permutation(images.Count, run.Seed, splitStream);
        int[] validation = order[..validationCount], training = order[validationCount..];
        if (batch > training.Length)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"--batch: {batch} is more than the {training.Length:N0} training images"));
        if (width % heads != 0) throw new ArgumentException($"--width: {width} does not divide into {heads} --heads");
        if ((long)epochs * (training.Length / batch) > int.MaxValue)
            throw new ArgumentException($"--epochs: {epochs} are too many to count their steps");

        var model = new PatchClassifier(images.Height, images.Width, patch, width, layers, heads, Mnist.Classes);
        int stepsAnEpoch = training.Length / batch, steps = epochs * stepsAnEpoch;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"model: {model.ParameterCount:N0} parameters; {training.Length:N0} images for training, {validation.Length:N0} for "
                + $"validation, {mnist.Test.Count:N0} for the test"));
        var schedule = Schedule.WarmupCosine(rate, rate / 100, Math.Min(200, steps / 10), steps);
        var trainer = new Trainer(model, new AdamW(model.Parameters(), rate, decay: 0.01), schedule, clip: 1) { Settings = run.Settings };
        string best = run.File("best.safetensors");
        if (run.Resume) trainer.Load(run.Checkpoint);

        (int Epoch, int[] Order) shuffled = (-1, []);
        trainer.Run(steps, step =>
        {
            int epoch = step / stepsAnEpoch, from = step % stepsAnEpoch * batch;
            if (shuffled.Epoch != epoch)
                shuffled = (epoch, CounterHash.Permutation(training.Length, run.Seed, (orderStream + (ulong)epoch) << 8));
            int[] chosen = [.. shuffled.Order.AsSpan(from, batch).ToArray().Select(i => training[i])];
            var (x, labels) = Batch(images, chosen);
            return model.Forward(x).Logits.CrossEntropy(labels);
        }, stepsAnEpoch, () =>
        {
            double wrong = 1 - Accuracy(Predict(model, images, validation, stop), images, validation);
            if (trainer.Evaluations.All(e => e.Value > wrong)) trainer.Save(best);
            Spectre.Console.AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"epoch {trainer.Step / stepsAnEpoch}: training loss {trainer.RecentLoss(stepsAnEpoch):0.0000}, {100 * (1 - wrong):0.00}% "
                    + $"of the validation images right"));
            return new(trainer.Step, wrong);
        }, run.Checkpoint, stop);

        new Checkpoint(model).Load(best);
        int[] test = [.. Enumerable.Range(0, mnist.Test.Count)];
        int[] predicted = Predict(model, mnist.Test, test, stop);
        double accuracy = Accuracy(predicted, mnist.Test, test);
        var counts = new int[Mnist.Classes, Mnist.Classes];
        for (int i = 0; i < test.Length; i++) counts[mnist.Test.Labels[i], predicted[i]]++;
        Print(counts);
        string page = run.File("mnist.html");
        Draw(trainer, counts, accuracy, model, mnist.Test).Save(page);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"test accuracy {100 * accuracy:0.00}% of {test.Length:N0} images; page {page}"));
        return 0;
    }

    static (Tensor Images, Tensor Labels) Batch(LabelledImages images, ReadOnlySpan<int> chosen)
    {
        int size = images.Height * images.Width;
        float[] pixels = new float[chosen.Length * size];
        int[] labels = new int[chosen.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            var image = images.Image(chosen[i]);
            for (int p = 0; p < size; p++) pixels[i * size + p] = image[p] / 255f;
            labels[i] = images.Labels[chosen[i]];
        }
        return (Tensor.From(pixels, [chosen.Length, size]), Tensor.From(labels, [chosen.Length]));
    }

    static int[] Predict(PatchClassifier model, LabelledImages images, int[] chosen, CancellationToken stop)
    {
        using var none = Reverse.NoGrad();
        var classes = new List<int>(chosen.Length);
        foreach (int[] part in chosen.Chunk(testBatch))
        {
            Stop.BetweenBatches(stop);
            using var scope = Scope.Begin();
            classes.AddRange(model.Forward(Batch(images, part).Images).Logits.ArgMax().ToArray<int>());
        }
        return [.. classes];
    }

    static double Accuracy(int[] predicted, LabelledImages images, int[] chosen) =>
        chosen.Where((image, i) => predicted[i] == images.Labels[image]).Count() / (double)chosen.Length;

    static void Print(int[,] counts)
    {
        Console.WriteLine("confusion (rows: what it is, columns: what was answered)");
        Console.WriteLine("     " + string.Concat(Enumerable.Range(0, Mnist.Classes).Select(c => $"{c,6}")));
        for (int r = 0; r < Mnist.Classes; r++)
            Console.WriteLine($"{r,5}" + string.Concat(Enumerable.Range(0, Mnist.Classes).Select(c => $"{counts[r, c],6}")));
    }

    static Page Draw(Trainer trainer, int[,] counts, double accuracy, PatchClassifier model, LabelledImages test)
    {
        var page = new Page("Reading digits with attention")
            .Paragraph(string.Create(CultureInfo.InvariantCulture,
                $"A small vision transformer reads {100 * accuracy:0.00}% of {test.Count:N0} test images right."))
            .Figure(new LineChart("Training loss", trainer.Curve("cross entropy"))
            {
                XLabel = "step",
                YLabel = "loss",
                LogY = true,
                Smoothing = 0.98,
            })
            .Figure(new ConfusionMatrix("Confusion on the test images",
                [.. Enumerable.Range(0, Mnist.Classes).Select(c => c.ToString(CultureInfo.InvariantCulture))], counts))
            .Section("What the pooling attends to")
            .Paragraph("The bluer a patch, the greater its weight in the last attention, which gathers what the classifier reads.");
        using var none = Reverse.NoGrad();
        int rows = test.Height / patch, columns = test.Width / patch;
        for (int digit = 0; digit < Mnist.Classes; digit++)
        {
            int example = Array.IndexOf(test.Labels, (byte)digit);
            if (example < 0) continue;
            using var scope = Scope.Begin();
            var image = Batch(test, [example]).Images;
            float[] weights = model.Forward(image).Weights.ToArray<float>();
            page.Figure(new ImageAttention($"A {digit}", test.Height, test.Width, image.ToArray<float>(), rows, columns, weights));
        }
        return page;
    }
}
